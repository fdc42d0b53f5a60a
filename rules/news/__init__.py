"""News and opinions to classify: labels, guidelines as `system`, earlier turns as `history`, templates, a suite."""
