// Gradio runs this as a function body with `element` and `trigger`; the names below are its events.
import("/ui/chat.js").then((chat) =>
  chat.start({
    show: (data) => trigger("show", data),
    send: (data) => trigger("send", data),
    person: (data) => trigger("person", data),
    stop: () => trigger("stop", {}),
  }),
);
