"""What plans would do: curves drawn, two sets of plans on the same facts, an open deal as if it were won.

Frames and rules in, frames and figures out, as the calculation itself, which everything here asks and never replaces. No
printing, no files, and nothing that changes what anybody is paid.
"""
