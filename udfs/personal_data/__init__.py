"""Personal data in texts: what looks like it, whether its checksum holds, and what to put in its place."""
