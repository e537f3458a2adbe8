"""The Gradio theme, made of the design tokens in `assets/styles/tokens.css`.

Every colour is a reference to a token, and a token itself knows light and dark, so the
theme needs no second set: what Gradio defines for dark only is dropped.
"""

from typing import Final

from gradio.themes import Base, Color, Size

_SHARES: Final = (4, 8, 14, 22, 36, 52, 64, 74, 84, 92, 96)
_STEPS: Final = ("xxs", "xs", "sm", "md", "lg", "xl", "xxl")


def make_theme() -> Base:
    """The theme of every Gradio page. The page's head must load tokens.css."""
    base = Base(
        primary_hue=_scale("accent", name="answerdesk-accent"),
        secondary_hue=_scale("accent", name="answerdesk-second"),
        neutral_hue=_scale("ink", name="answerdesk-neutral"),
        spacing_size=_sizes("spacing", (1, 2, 4, 8, 12, 16, 24)),
        radius_size=_sizes("radius", (4, 6, 6, 10, 10, 10, 10)),
        text_size=_sizes("text", (12, 13, 14, 16, 18, 20, 24)),
        font=("sans-serif",),
        font_mono=("monospace",),
    )
    theme = base.set(**_SURFACES, **_INPUTS, **_BUTTONS)  # pyright: ignore[reportUnknownMemberType] -- gradio leaves its parameters untyped
    theme.name = "answerdesk"
    theme.font = "var(--ad-font)"
    theme.font_mono = "var(--ad-mono)"
    for name in [name for name in vars(theme) if name.endswith("_dark")]:
        delattr(theme, name)
    return theme


def _scale(token: str, *, name: str) -> Color:
    return Color(
        *(
            f"color-mix(in oklab, var(--ad-{token}) {share}%, var(--ad-raised))"
            for share in _SHARES
        ),
        name=name,
    )


def _sizes(kind: str, pixels: tuple[int, ...]) -> Size:
    return Size(*(f"{number / 16}rem" for number in pixels), name=f"answerdesk_{kind}")


_SURFACES: Final = {
    "body_background_fill": "var(--ad-paper)",
    "body_text_color": "var(--ad-ink)",
    "body_text_color_subdued": "var(--ad-muted)",
    "background_fill_primary": "var(--ad-raised)",
    "background_fill_secondary": "var(--ad-sunken)",
    "border_color_primary": "var(--ad-line)",
    "border_color_accent": "var(--ad-accent)",
    "color_accent": "var(--ad-accent)",
    "color_accent_soft": "var(--ad-accent-soft)",
    "link_text_color": "var(--ad-accent)",
    "link_text_color_hover": "var(--ad-accent-strong)",
    "link_text_color_visited": "var(--ad-accent)",
    "link_text_color_active": "var(--ad-accent-strong)",
    "block_background_fill": "var(--ad-raised)",
    "block_border_color": "var(--ad-line)",
    "block_border_width": "1px",
    "block_radius": "var(--ad-radius)",
    "block_shadow": "none",
    "block_label_text_color": "var(--ad-muted)",
    "block_title_text_color": "var(--ad-ink)",
    "block_title_text_weight": "600",
    "block_info_text_color": "var(--ad-muted)",
    "panel_background_fill": "var(--ad-sunken)",
    "table_border_color": "var(--ad-line)",
    "table_even_background_fill": "var(--ad-raised)",
    "table_odd_background_fill": "var(--ad-raised)",
    "table_row_focus": "var(--ad-accent-soft)",
    "table_text_color": "var(--ad-ink)",
    "error_background_fill": "var(--ad-error-soft)",
    "error_border_color": "var(--ad-error)",
    "error_text_color": "var(--ad-error)",
    "error_icon_color": "var(--ad-error)",
    "loader_color": "var(--ad-accent)",
    "slider_color": "var(--ad-accent)",
    "stat_background_fill": "var(--ad-accent)",
    "shadow_drop": "var(--ad-shadow)",
    "shadow_drop_lg": "var(--ad-shadow)",
}

_INPUTS: Final = {
    "input_background_fill": "var(--ad-raised)",
    "input_background_fill_focus": "var(--ad-raised)",
    "input_border_color": "var(--ad-line-strong)",
    "input_border_color_focus": "var(--ad-accent)",
    "input_border_color_hover": "var(--ad-accent)",
    "input_border_width": "1px",
    "input_placeholder_color": "var(--ad-muted)",
    "input_radius": "var(--ad-radius)",
    "input_shadow": "none",
    "input_shadow_focus": "var(--ad-focus)",
    "checkbox_background_color": "var(--ad-raised)",
    "checkbox_background_color_selected": "var(--ad-accent)",
    "checkbox_border_color": "var(--ad-line-strong)",
    "checkbox_border_color_selected": "var(--ad-accent)",
    "checkbox_border_color_focus": "var(--ad-accent)",
    "checkbox_label_background_fill": "var(--ad-raised)",
    "checkbox_label_background_fill_selected": "var(--ad-accent-soft)",
    "checkbox_label_text_color_selected": "var(--ad-ink)",
}

_BUTTONS: Final = {
    "button_primary_background_fill": "var(--ad-accent)",
    "button_primary_background_fill_hover": "var(--ad-accent-strong)",
    "button_primary_border_color": "var(--ad-accent)",
    "button_primary_text_color": "var(--ad-on-accent)",
    "button_secondary_background_fill": "var(--ad-raised)",
    "button_secondary_background_fill_hover": "var(--ad-sunken)",
    "button_secondary_border_color": "var(--ad-line-strong)",
    "button_secondary_text_color": "var(--ad-ink)",
    "button_cancel_background_fill": "var(--ad-raised)",
    "button_cancel_background_fill_hover": "var(--ad-error-soft)",
    "button_cancel_border_color": "var(--ad-error)",
    "button_cancel_text_color": "var(--ad-error)",
    "button_border_width": "1px",
    "button_transform_hover": "none",
    "button_transform_active": "none",
    "button_transition": "background-color var(--ad-motion), border-color var(--ad-motion)",
    "button_small_radius": "var(--ad-radius-small)",
    "button_medium_radius": "var(--ad-radius)",
    "button_large_radius": "var(--ad-radius)",
}
