"""What angles and movement mean: repetitions, rounding, postures, wear, signal."""
