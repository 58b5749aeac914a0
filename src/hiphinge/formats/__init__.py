"""Other people's files: each yields Inputs and takes them back; registry.py lists them."""
