"""The pages of the main window. Each package here defines ``WORKSPACE``, a `WorkspaceSpec`."""
