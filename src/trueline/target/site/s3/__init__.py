"""A bucket that speaks S3, as a platform: files one after the other, in an order in which no page is seen too early.

`bucket` the port: four things that are asked of a bucket · `store` the port over obstore, with `place` where it is and
`fault` what it says no with · `state` the object that says what is ours · `sight` what is there (pure) · `move` what a
publish does (pure) · `upload` a blob as the body of an object · `header` what a browser is told of an object, with
`note` what a bucket cannot carry · `platform` the port of platforms.
"""
