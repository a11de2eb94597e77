"""serve on the command line."""

from __future__ import annotations

import click


@click.command()
@click.argument("stores", nargs=-1, type=click.Path())
@click.option("--recipe", "recipes", multiple=True, type=click.Path(dir_okay=False), help="A recipe; may be repeated.")
@click.option("--run", "runs", multiple=True, type=click.Path(exists=True, file_okay=False), help="A trained run.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes any free one.")
@click.option("--allow-host", "hosts", multiple=True, help="A name by which a proxy asks, too; a token is then needed.")
@click.option(
    "--base-url", default="/", show_default=True, help="The path that a proxy puts in front: /user/ada/proxy/."
)
@click.option("--token", help="The token that visitors must show; made up where --allow-host is given without one.")
@click.option("--open", "opens", is_flag=True, help="Open it in the browser.")
def serve(
    stores: tuple[str, ...],
    recipes: tuple[str, ...],
    runs: tuple[str, ...],
    port: int,
    hosts: tuple[str, ...],
    base_url: str,
    token: str | None,
    opens: bool,
) -> None:
    """See and hear every stage at work, and what is in STORES, in a browser on this machine."""
    from explorer.needs import require

    require("starlette", "uvicorn")
    from explorer.serving import serve as run
    from explorer.world import World

    def ready(address: str) -> None:
        click.echo(f"{address}  (Ctrl-C stops it)")
        if opens:
            import webbrowser

            webbrowser.open(address)

    run(World.of(stores, recipes, runs), port, hosts, base_url, token, ready)
