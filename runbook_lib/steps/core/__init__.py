"""What all steps share: the four verbs, plans, results, recipes, removal."""
