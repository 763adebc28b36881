"""Why a network answers as it does: relevance of pixels, columns, words and moments, in the places of the raw sample.

A module a method, over what they share: the network with any tensor taken out or put in (`taps`), the number that is
explained (`target`), the sample with what it is compared with (`sample`), its parts (`pieces`) and the way back to what
a person sees (`places`). `explain` is the door.

The methods are our own: the usual library, captum 0.9, cannot be imported without matplotlib (81 MB with what that
needs) and fits LIME with scikit-learn; and a third of the work, columns, words and pieces of the raw sample, would be
ours all the same. A test holds ours to captum's results where captum is installed.
"""
