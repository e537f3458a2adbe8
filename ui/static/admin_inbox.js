// Gradio runs this as a function body with `trigger`; it reads the name of the event from here.
import("/ui/inbox.js").then((inbox) => inbox.start((asked) => trigger("refresh_inbox", asked)));
