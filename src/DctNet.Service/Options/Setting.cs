namespace DctNet.Service.Options;

internal static class Setting
{
    /// <summary>An empty text is no setting: a chart or a shell gives one where a variable has no value.</summary>
    public static string? OrNone(string? value) => string.IsNullOrEmpty(value) ? null : value;

    /// <inheritdoc cref="OrNone(string?)"/>
    public static Uri? OrNone(Uri? value) => value is { OriginalString: "" } ? null : value;
}
