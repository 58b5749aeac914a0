"""``hiphinge calibrate`` without a file: the guide in the terminal."""
