using System.Globalization;
using System.Net;
using System.Text;

namespace DctNet.Cli.Bench;

/// <summary>
/// Latency by percentile, a line for each step, as SVG. The horizontal axis is linear in "nines" (log₁₀ of 1 / (1 − share)), which gives
/// p90, p99 and p99.9 equal room; the vertical one is logarithmic.
/// </summary>
internal static class LatencyPlot
{
    private const int Width = 860;
    private const int Height = 460;
    private const int Left = 76;
    private const int Right = 170;
    private const int Top = 44;
    private const int Bottom = 56;

    // Okabe and Ito's colours, which people with any colour vision can tell apart.
    private static readonly string[] s_colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"];

    private static readonly (double Share, string Name)[] s_ticks =
        [(0, "min"), (0.5, "p50"), (0.9, "p90"), (0.99, "p99"), (0.999, "p99.9")];

    private static readonly int[] s_steps = [1, 2, 5];

    public static string Svg(IReadOnlyList<StepResult> results, string title)
    {
        var drawn = results.Where(r => r.Latencies.Length > 0).ToArray();
        var all = drawn.SelectMany(r => r.Latencies).DefaultIfEmpty(1).ToArray();
        var (low, high) = (Math.Floor(Math.Log10(Math.Max(0.1, all.Min())) * 3) / 3, Math.Ceiling(Math.Log10(Math.Max(1, all.Max())) * 3) / 3);
        high = Math.Max(high, low + (1.0 / 3));
        var nines = Math.Max(2, drawn.Select(r => Nines(1 - (1.0 / r.Latencies.Length))).DefaultIfEmpty(2).Max());

        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" font-family="system-ui, sans-serif" font-size="13">""");
        svg.AppendLine($"""<rect width="{Width}" height="{Height}" fill="white"/>""");
        svg.AppendLine($"""<text x="{Left}" y="24" font-size="15" font-weight="600">{WebUtility.HtmlEncode(title)}</text>""");
        foreach (var (share, name) in s_ticks.Where(t => Nines(t.Share) <= nines))
        {
            svg.AppendLine($"""<line x1="{N(X(share))}" x2="{N(X(share))}" y1="{Top}" y2="{Height - Bottom}" stroke="#e4e4e4"/>""");
            svg.AppendLine($"""<text x="{N(X(share))}" y="{Height - Bottom + 20}" text-anchor="middle">{name}</text>""");
        }

        foreach (var ms in Gridlines(low, high))
        {
            svg.AppendLine($"""<line x1="{Left}" x2="{Width - Right}" y1="{N(Y(ms))}" y2="{N(Y(ms))}" stroke="#e4e4e4"/>""");
            svg.AppendLine($"""<text x="{Left - 8}" y="{N(Y(ms) + 4)}" text-anchor="end">{Label(ms)}</text>""");
        }

        svg.AppendLine($"""<text x="{(Left + Width - Right) / 2}" y="{Height - 12}" text-anchor="middle" fill="#555">share of pictures that were answered within</text>""");
        for (var i = 0; i < drawn.Length; i++)
        {
            var colour = s_colours[i % s_colours.Length];
            var latencies = drawn[i].Latencies;
            var points = latencies.Select((ms, rank) => $"{N(X((double)rank / latencies.Length))},{N(Y(ms))}");
            svg.AppendLine($"""<polyline fill="none" stroke="{colour}" stroke-width="2" points="{string.Join(' ', points)}"/>""");
            var y = Top + 8 + (i * 20);
            svg.AppendLine($"""<line x1="{Width - Right + 14}" x2="{Width - Right + 38}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2"/>""");
            svg.AppendLine($"""<text x="{Width - Right + 44}" y="{y + 4}">{WebUtility.HtmlEncode(drawn[i].Load)}</text>""");
        }

        return svg.AppendLine("</svg>").ToString();

        double X(double share) => Left + (Nines(share) / nines * (Width - Left - Right));

        double Y(double ms) => Height - Bottom - ((Math.Log10(Math.Max(0.1, ms)) - low) / (high - low) * (Height - Top - Bottom));
    }

    private static double Nines(double share) => -Math.Log10(1 - share);

    /// <summary>1, 2 and 5 times the powers of ten in the range.</summary>
    private static IEnumerable<double> Gridlines(double low, double high) =>
        from power in Enumerable.Range((int)Math.Floor(low), (int)Math.Ceiling(high) - (int)Math.Floor(low) + 1)
        from factor in s_steps
        let ms = factor * Math.Pow(10, power)
        where Math.Log10(ms) >= low - 1e-9 && Math.Log10(ms) <= high + 1e-9
        select ms;

    private static string Label(double ms) =>
        ms >= 1000 ? string.Create(CultureInfo.InvariantCulture, $"{ms / 1000:0.##} s") : string.Create(CultureInfo.InvariantCulture, $"{ms:0.##} ms");

    private static string N(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
