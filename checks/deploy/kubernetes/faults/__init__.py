"""What is wrong with objects that their schema accepts: one file per subject, each with `find(unit)`."""
