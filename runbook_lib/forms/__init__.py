"""Forms for the parameters of each step, for people in JupyterLab or Voilà."""
