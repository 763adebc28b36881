"""Small reusable widgets, theme and icons; absent on purpose: knowledge of projects, documents or engines."""
