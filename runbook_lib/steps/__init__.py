"""The steps of the guide: a package for each section of the article, and for what they share."""
