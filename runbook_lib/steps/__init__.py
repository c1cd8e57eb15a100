"""The steps of the guide: a package for each section of the article, and packages for what the sections share."""
