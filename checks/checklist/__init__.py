"""The skill's eight code-generation steps, judged on a project."""
