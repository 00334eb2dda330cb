namespace DctNet.Evaluation;

/// <summary>Texts in comma-separated values (RFC 4180).</summary>
internal static class CsvField
{
    public static string Quote(string text)
        => text.AsSpan().ContainsAny(",\"\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
