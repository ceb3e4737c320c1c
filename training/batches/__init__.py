"""From composed songs to training batches."""
