# Plots of invented data: python plots.py FOLDER COUNT SEED. Needs matplotlib, seaborn and networkx.
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import networkx
import numpy as np
import seaborn

WORDS = "time speed cost value temperature year share income price age height error count rate signal depth Zeit Preis température año 時間 数量 скорость цена".split()
STYLES = [s for s in plt.style.available if not s.startswith("_")] + ["default"] * 6
FONTS = ["DejaVu Sans", "WenQuanYi Zen Hei"]
MAPS = ["viridis", "plasma", "jet", "coolwarm", "Greys", "terrain", "hot", "RdYlGn", "Blues", "tab20", "twilight"]


def words(rng, n):
    return [str(w) for w in rng.choice(WORDS, n)]


def line(rng, ax):
    x = np.linspace(0, rng.uniform(1, 20), 200)
    for _ in range(rng.integers(1, 6)):
        y = np.sin(x * rng.uniform(0.2, 4) + rng.uniform(0, 6)) * rng.uniform(0.3, 3) + rng.normal(0, rng.choice([0, 0.1, 0.5]), 200)
        ax.plot(x, y, rng.choice(["-", "--", ":", "-."]), lw=rng.uniform(0.6, 3), label=words(rng, 1)[0])
    if rng.random() < 0.6:
        ax.legend()


def walk(rng, ax):
    for _ in range(rng.integers(1, 5)):
        y = rng.normal(0.05, 1, 300).cumsum()
        ax.plot(y, lw=1)
        if rng.random() < 0.3:
            ax.fill_between(range(300), y, y.min(), alpha=0.3)


def scatter(rng, ax):
    n = int(rng.choice([15, 60, 300, 2000]))
    for _ in range(rng.integers(1, 4)):
        ax.scatter(rng.normal(rng.uniform(-2, 2), 1, n), rng.normal(0, 1, n), s=rng.choice([4, 15, 60]), alpha=rng.uniform(0.3, 1), marker=rng.choice(list("ox^s+D")))


def bubbles(rng, ax):
    ax.scatter(rng.random(30), rng.random(30), s=rng.random(30) * 900, c=rng.random(30), cmap=rng.choice(MAPS), alpha=0.6)


def bars(rng, ax):
    n = int(rng.integers(3, 13))
    names = words(rng, n)
    if rng.random() < 0.4:
        ax.barh(range(n), rng.random(n) * 100, color=plt.cm.tab10(rng.integers(10)))
        ax.set_yticks(range(n), names)
        return
    groups = rng.integers(1, 4)
    bottom = np.zeros(n)
    stacked = rng.random() < 0.4
    for g in range(groups):
        values = rng.random(n) * 50 + 3
        if stacked:
            ax.bar(range(n), values, bottom=bottom)
            bottom += values
        else:
            ax.bar(np.arange(n) + g / (groups + 1), values, 1 / (groups + 1), yerr=values * 0.1 if rng.random() < 0.3 else None)
    ax.set_xticks(range(n), names, rotation=rng.choice([0, 45, 90]))


def histogram(rng, ax):
    for _ in range(rng.integers(1, 4)):
        ax.hist(rng.gamma(rng.uniform(1, 6), 1, 1000), bins=int(rng.choice([10, 30, 80])), alpha=0.6, histtype=rng.choice(["bar", "step", "stepfilled"]))


def pie(rng, ax):
    n = int(rng.integers(2, 8))
    ring = {"width": 0.4} if rng.random() < 0.3 else None
    ax.pie(rng.random(n) + 0.1, labels=words(rng, n), autopct="%d%%" if rng.random() < 0.5 else None, wedgeprops=ring, explode=rng.choice([0, 0.1], n))


def box(rng, ax):
    data = [rng.normal(rng.uniform(0, 5), 1, 60) for _ in range(rng.integers(2, 8))]
    (ax.violinplot if rng.random() < 0.4 else ax.boxplot)(data)


def heat(rng, ax):
    n = int(rng.integers(4, 14))
    annotated = bool(rng.random() < 0.5 and n < 9)
    seaborn.heatmap(rng.normal(0, 1, (n, n)), ax=ax, cmap=rng.choice(MAPS), annot=annotated, fmt=".1f", cbar=bool(rng.random() < 0.7), linewidths=rng.choice([0, 1]))


def field(rng):
    x, y = np.meshgrid(np.linspace(-3, 3, 80), np.linspace(-3, 3, 80))
    z = sum(rng.normal() * np.exp(-((x - rng.uniform(-2, 2)) ** 2 + (y - rng.uniform(-2, 2)) ** 2) / rng.uniform(0.3, 3)) for _ in range(6))
    return x, y, z


def contour(rng, ax):
    x, y, z = field(rng)
    filled = rng.random() < 0.6
    drawn = (ax.contourf if filled else ax.contour)(x, y, z, levels=int(rng.integers(5, 20)), cmap=rng.choice(MAPS))
    if not filled:
        ax.clabel(drawn)
    elif rng.random() < 0.6:
        ax.figure.colorbar(drawn)


def image(rng, ax):
    x, y, z = field(rng)
    shown = ax.imshow(z + rng.normal(0, rng.choice([0, 0.2]), z.shape), cmap=rng.choice(MAPS))
    if rng.random() < 0.7:
        ax.figure.colorbar(shown)


def arrows(rng, ax):
    x, y, z = field(rng)
    v, u = np.gradient(z)
    if rng.random() < 0.5:
        ax.streamplot(x[0], y[:, 0], u, v, density=1.2)
    else:
        ax.quiver(x[::5, ::5], y[::5, ::5], u[::5, ::5], v[::5, ::5])


def network(rng, ax):
    n = int(rng.integers(5, 40))
    graph = networkx.gnm_random_graph(n, int(n * rng.uniform(1, 2)), seed=int(rng.integers(1e6)))
    layout = networkx.circular_layout(graph) if rng.random() < 0.3 else networkx.spring_layout(graph, seed=1)
    networkx.draw(graph, layout, ax=ax, with_labels=bool(rng.random() < 0.6), node_color=[plt.cm.tab10(rng.integers(10))], node_size=rng.choice([60, 300]))


def steps(rng, ax):
    ax.step(range(40), rng.integers(0, 10, 40), where="mid")
    ax.stem(range(40), rng.random(40) * 4)


def areas(rng, ax):
    ax.stackplot(range(30), rng.random((int(rng.integers(2, 6)), 30)) + 0.2, baseline=rng.choice(["zero", "wiggle"]))


def errors(rng, ax):
    x = np.sort(rng.random(14)) * 10
    y = x * rng.uniform(-2, 2) + rng.normal(0, 2, 14)
    ax.errorbar(x, y, yerr=rng.random(14) * 2, fmt="o", capsize=3)
    a, b = np.polyfit(x, y, 1)
    ax.plot(x, a * x + b)


def text_blocks(rng, ax):
    """A flow chart: boxes and arrows."""
    n = int(rng.integers(3, 8))
    spots = [(rng.uniform(0.1, 0.9), 1 - (i + 0.5) / n) for i in range(n)]
    for i, spot in enumerate(spots):
        ax.text(*spot, " ".join(words(rng, 2)), ha="center", bbox={"boxstyle": rng.choice(["round", "square", "larrow", "circle"]), "fc": plt.cm.Pastel1(rng.integers(9))})
        if i:
            ax.annotate("", spot, spots[i - 1], arrowprops={"arrowstyle": "->", "shrinkA": 15, "shrinkB": 15})
    ax.axis("off")


FLAT = [line, line, walk, scatter, bubbles, bars, bars, histogram, pie, box, heat, contour, image, arrows, network, steps, areas, errors, text_blocks]


def space(rng, figure):
    ax = figure.add_subplot(projection="3d")
    x, y, z = field(rng)
    if rng.random() < 0.3:
        ax.scatter(*rng.normal(0, 1, (3, 200)), c=rng.random(200), cmap=rng.choice(MAPS))
    elif rng.random() < 0.5:
        ax.plot_wireframe(x, y, z, rstride=5, cstride=5)
    else:
        ax.plot_surface(x, y, z, cmap=rng.choice(MAPS))


def polar(rng, figure):
    ax = figure.add_subplot(projection="polar")
    n = int(rng.integers(5, 12))
    angles = np.linspace(0, 2 * np.pi, n, endpoint=False)
    if rng.random() < 0.5:
        ax.bar(angles, rng.random(n), width=5 / n, alpha=0.6)
    else:
        for _ in range(rng.integers(1, 4)):
            values = rng.random(n) + 0.2
            ax.fill(angles, values, alpha=0.3)
            ax.plot(np.append(angles, angles[0]), np.append(values, values[0]))


def draw(rng, path):
    style = str(rng.choice(STYLES))
    with plt.style.context(style), plt.rc_context({"font.family": ["sans-serif"], "font.sans-serif": FONTS, "font.size": rng.uniform(7, 14)}):
        if rng.random() < 0.12:
            plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})
        figure = plt.figure(figsize=(rng.uniform(3, 8), rng.uniform(2.5, 6)))
        kind = rng.random()
        if kind < 0.08:
            space(rng, figure)
        elif kind < 0.15:
            polar(rng, figure)
        else:
            rows, columns = (1, 1) if rng.random() < 0.75 else (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
            for i in range(rows * columns):
                ax = figure.add_subplot(rows, columns, i + 1)
                FLAT[rng.integers(len(FLAT))](rng, ax)
                if rng.random() < 0.6:
                    ax.set_title(" ".join(words(rng, int(rng.integers(1, 4)))))
                if rng.random() < 0.6:
                    ax.set_xlabel(words(rng, 1)[0])
                    ax.set_ylabel(words(rng, 1)[0])
                if rng.random() < 0.2:
                    ax.grid(True)
        if rng.random() < 0.6:
            figure.tight_layout()
        figure.savefig(path, dpi=int(rng.integers(60, 110)), transparent=bool(rng.random() < 0.05))
        plt.close(figure)


def main(folder, count, seed):
    fonts = pathlib.Path(folder).parent / "debian"
    for font in fonts.glob("fonts-wqy-zenhei/**/*.tt*"):
        matplotlib.font_manager.fontManager.addfont(font)
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    for i in range(count):
        path = pathlib.Path(folder) / f"{i:04}.png"
        if not path.exists():
            draw(np.random.default_rng([seed, i]), path)


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
