import { onMounted, onPatched, onWillUnmount, useComponent } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import {
    Many2ManyTagsField,
    many2ManyTagsField,
} from "@web/views/fields/many2many_tags/many2many_tags_field";

/** Tags of a filter: what was typed and is nothing must not read as "no filter". The field stays
 * invalid, so that nothing is done, until the text is chosen or deleted. */
export class BackorderTags extends Many2ManyTagsField {
    setup() {
        super.setup();
        this.notification = useService("notification");
        const component = useComponent();
        let count = this.tags.length;
        const input = () => component.autoCompleteRef.el?.querySelector("input");
        const onFocusOut = (ev) => {
            const text = ev.target.value?.trim();
            if (text && ev.target === input()) {
                component.refuse(text);
            }
        };
        const onInput = (ev) => {
            if (!ev.target.value.trim()) {
                component.accept();
            }
        };
        let root;
        onMounted(() => {
            root = component.autoCompleteRef.el;
            root?.addEventListener("focusout", onFocusOut);
            root?.addEventListener("input", onInput);
        });
        onPatched(() => {
            if (component.tags.length !== count) {
                count = component.tags.length;
                component.accept();
            }
        });
        onWillUnmount(() => {
            root?.removeEventListener("focusout", onFocusOut);
            root?.removeEventListener("input", onInput);
        });
    }

    refuse(text) {
        const { record, name } = this.props;
        if (!record.isFieldInvalid(name)) {
            record.setInvalidField(name);
            this.closeNote = this.notification.add(
                _t("%(field)s: “%(text)s” was not found or not chosen. Choose from the list, or delete it.", {
                    field: this.string,
                    text,
                }),
                { type: "danger" }
            );
        }
    }

    accept() {
        const { record, name } = this.props;
        if (record.isFieldInvalid(name)) {
            record.resetFieldValidity(name);
            this.closeNote?.();
        }
    }
}

registry.category("fields").add("backorder_tags", {
    ...many2ManyTagsField,
    component: BackorderTags,
});
