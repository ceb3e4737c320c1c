"""How well models separate: held-out composed songs by style, and real multitracks."""
