"""A web page that plays a generator: its files (`site`), settings (`config`) and onnxruntime (`runtime`).

`static/` holds the page itself: ES modules, styles and the HTML, which run in the browser without inkloop.
"""
