// Shows one document at a time: the chosen service in the chosen language. The choice stands in the address after "#".
"use strict";

const service = document.getElementById("service");
const language = document.getElementById("language");

function show() {
  const chosen = new URLSearchParams({ service: service.value, language: language.value });
  history.replaceState(null, "", `#${chosen}`);
  document.documentElement.lang = language.value;
  window.SwaggerUIBundle({
    url: `/openapi.json?${chosen}`,
    dom_id: "#document",
    deepLinking: false,
    docExpansion: "none",
    filter: true,
    validatorUrl: null,
    persistAuthorization: false,
    presets: [window.SwaggerUIBundle.presets.apis],
    requestInterceptor: (request) => {
      request.headers["Accept-Language"] = language.value;
      return request;
    },
  });
}

async function begin() {
  const choices = await (await fetch("/docs/services.json")).json();
  const given = new URLSearchParams(location.hash.slice(1));
  for (const choice of choices) {
    const label = choice.en ? `${choice.zh} / ${choice.en}` : choice.name;
    service.add(new Option(label, choice.name));
  }
  service.value = choices.some((choice) => choice.name === given.get("service")) ? given.get("service") : choices[0].name;
  language.value = given.get("language") === "en" ? "en" : "zh-CN";
  service.addEventListener("change", show);
  language.addEventListener("change", show);
  show();
}

begin();
