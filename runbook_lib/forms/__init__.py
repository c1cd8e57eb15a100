"""Forms over the parameters of the steps, for a person in JupyterLab or Voilà."""
