"""How the system is run: Compose files, kustomizations and charts as one kind of deployment."""
