/// What the page can do beyond being read: filter the groups while somebody types, and delete.
///
/// Texts go into the page as text and never as markup. Rights are not known here: what is not allowed is refused, and
/// the refusal shown; where a password is needed, the browser asks for it.
enum PageScript {
    static let path = "/-/page.js"

    static let javascript = #"""
        (() => {
          "use strict";
          document.documentElement.classList.add("has-script");
          const said = document.getElementById("said");
          const search = document.getElementById("search");
          if (!said || !search) return;

          const rows = () => Array.from(document.querySelectorAll("tr.group"));

          const say = (text, isBad = false) => {
            said.textContent = text;
            said.classList.toggle("failing", isBad);
          };

          // What is searched in a row: its labels and the names of its families.
          const words = (row) =>
            Array.from(row.querySelectorAll(".label, .family"), (part) => part.textContent).join("\n").toLowerCase();

          const filter = () => {
            const wanted = search.value.toLowerCase().split(" ").filter((word) => word !== "");
            const all = rows();
            let shown = 0;
            for (const row of all) {
              const text = words(row);
              row.hidden = !wanted.every((word) => text.includes(word));
              if (!row.hidden) shown += 1;
            }
            say(wanted.length === 0 ? "" : `${shown} of the ${all.length} groups on this page`);
          };

          search.addEventListener("input", filter);
          search.addEventListener("keydown", (event) => {
            if (event.key !== "Enter") return;
            const query = new URLSearchParams(location.search);
            if (search.value === "") query.delete("q");
            else query.set("q", search.value);
            location.assign("/?" + query);
          });

          // Whether it was done; what came back is said where it was not.
          const send = async (button, method, path) => {
            button.disabled = true;
            try {
              const address = new URL(path, location.origin);
              const answer = await fetch(address, { method, credentials: "same-origin", redirect: "error" });
              if (answer.ok) return true;
              const text = (await answer.text()).trim().slice(0, 500);
              say(text || `${answer.status} ${answer.statusText}`, true);
            } catch (error) {
              say(`no answer: ${error.message}`, true);
            } finally {
              button.disabled = false;
            }
            return false;
          };

          for (const button of document.querySelectorAll("button.delete")) {
            button.addEventListener("click", async () => {
              const { name, path } = button.dataset;
              if (!window.confirm(`Delete the group ${name} with all its series?`)) return;
              if (!(await send(button, "DELETE", path))) return;
              button.closest("tr").remove();
              say(`${name} is deleted.`);
            });
          }

          const wipe = document.getElementById("wipe");
          wipe?.addEventListener("click", async () => {
            if (!window.confirm("Delete all pushed groups, those that are not shown as well?")) return;
            if (!(await send(wipe, "PUT", "/api/v1/admin/wipe"))) return;
            for (const row of rows()) row.remove();
            say("All pushed groups are deleted.");
          });
        })();

        """#
}
