"""The steps, from sources to training files, and what all of them use; what a step is made of lies in a folder."""
