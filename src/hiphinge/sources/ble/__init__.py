"""Bluetooth: scanning, links that mend themselves, and the words for what goes wrong. bleak stays in here."""
