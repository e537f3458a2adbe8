// Gradio runs this as a function body with `trigger`; it reads the name of the event from here.
import("/ui/widgets.js").then((widgets) => widgets.start((asked) => trigger("show_widget", asked)));
