"""``hiphinge history``: days, weeks and trends of a wearer; what is kept and what is deleted."""
