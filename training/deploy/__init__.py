"""From a checkpoint to the files that the package ships."""
