"""The Spark session: Java, jars, archives, and frames that are kept."""
