using System.Globalization;
using System.Text;

namespace DctNet.Cli.Bench;

/// <summary>A run's figures as text and as CSV.</summary>
internal static class BenchReport
{
    private const string None = "-";

    private static readonly (string Name, Func<StepResult, string> Cell)[] s_columns =
    [
        ("load", r => r.Load),
        ("sent", r => Count(r.Sent)),
        ("ok", r => Count(r.Ok)),
        ("refused", r => Count(r.Refused)),
        ("late", r => Count(r.Late)),
        ("failed", r => Count(r.Failed)),
        ("ok/s", r => r.OkPerSecond.ToString("F2", CultureInfo.InvariantCulture)),
        ("p50 ms", r => Milliseconds(r.P50)),
        ("p90 ms", r => Milliseconds(r.P90)),
        ("p99 ms", r => Milliseconds(r.P99)),
        ("p99.9 ms", r => Milliseconds(r.P999)),
        ("max ms", r => Milliseconds(r.Max)),
        ("queue p50", r => Milliseconds(r.QueueP50)),
        ("queue p99", r => Milliseconds(r.QueueP99)),
        ("compute p50", r => Milliseconds(r.ComputeP50)),
        ("compute p99", r => Milliseconds(r.ComputeP99)),
    ];

    /// <summary>A table with a heading, columns to the right.</summary>
    public static string Text(IReadOnlyList<StepResult> results)
    {
        var rows = results.Select(r => s_columns.Select(c => c.Cell(r)).ToArray()).Prepend([.. s_columns.Select(c => c.Name)]).ToArray();
        var widths = Enumerable.Range(0, s_columns.Length).Select(i => rows.Max(row => row[i].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            text.AppendLine(string.Join("  ", row.Select((cell, i) => i == 0 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]))));
        }

        foreach (var result in results.Where(r => r.FirstError is not null))
        {
            text.AppendLine($"{result.Load}: the first failure was: {result.FirstError}");
        }

        return text.ToString().TrimEnd();
    }

    /// <summary>The same table with commas (RFC 4180); milliseconds; empty where nothing came.</summary>
    public static string Csv(IReadOnlyList<StepResult> results)
    {
        var lines = results.Select(r => string.Join(',', s_columns.Select(c => c.Cell(r) is var cell && cell == None ? "" : cell)));
        return string.Join("\r\n", lines.Prepend(string.Join(',', s_columns.Select(c => c.Name)))) + "\r\n";
    }

    private static string Count(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Milliseconds(double? value) => value?.ToString("F1", CultureInfo.InvariantCulture) ?? None;
}
