"""Forms that follow from declarations of the catalog; absent on purpose: any knowledge of a single layer or step."""
