"""Composes songs from the bank and from synthesis: four stems that add up to the mix, reproducible from a seed."""
