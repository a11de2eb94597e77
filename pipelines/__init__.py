"""From a recipe to a store: plan, build, commit."""
