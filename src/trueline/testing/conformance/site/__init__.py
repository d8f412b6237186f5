"""What every place of a site must do for Trueline: the same cases for the local directory and for every platform.

`ground` what a platform's tests bring · `world` passes of the loop over it · `sample` the sites · `case` the list of
cases · `seeing` (what readers see), `publishing`, `drift`, `going_back`, `stranger`, `owner`, `contact`, `failing`,
`naming`, `removal` the cases · `suite` all of them, by what a ground can do.
"""
