"""A site on another origin, with the widget on its pages, and the desk that answers there."""
