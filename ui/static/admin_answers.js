// Gradio runs this as a function body with `trigger`; it reads the name of the event from here.
import("/ui/answers.js").then((answers) => answers.start((asked) => trigger("show_answers", asked)));
