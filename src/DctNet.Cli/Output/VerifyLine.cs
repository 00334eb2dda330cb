using DctNet.V1;

namespace DctNet.Cli.Output;

/// <summary>A line of <c>dctnet verify --json</c>.</summary>
/// <param name="File">The path as it was given.</param>
/// <param name="Verdict">verified, claimed or none.</param>
/// <param name="Summary">One sentence.</param>
/// <param name="Layers">Each layer by itself.</param>
internal sealed record VerifyLine(string File, string Verdict, string Summary, VerifyLine.LayerSet Layers)
{
    public static VerifyLine From(string file, VerifyResponse answer) => new(
        file,
        VerdictName(answer.Verdict),
        answer.Summary,
        new LayerSet(
            new C2paPart(C2paName(answer.C2Pa?.State ?? default), [.. answer.C2Pa?.Codes ?? []]),
            new XmpPart(answer.Xmp?.Present ?? false, NullIfEmpty(answer.Xmp?.DigitalSourceType)),
            new Tc260Part(answer.Tc260?.Present ?? false),
            WatermarkPart.From(answer.Watermark ?? new WatermarkLayer()),
            new LedgerPart(answer.Ledger?.Found ?? false, ContentName(answer.Ledger?.Content ?? default))));

    private static string VerdictName(Verdict verdict) => verdict switch
    {
        V1.Verdict.Verified => "verified",
        V1.Verdict.Claimed => "claimed",
        _ => "none",
    };

    // "absent" would be a claim: a server that does not examine credentials does not know.
    private static string C2paName(C2paState state) => state switch
    {
        C2paState.Trusted => "trusted",
        C2paState.Valid => "valid",
        C2paState.Untrusted => "untrusted",
        C2paState.Invalid => "invalid",
        C2paState.Absent => "absent",
        _ => "unknown",
    };

    private static string ContentName(ContentMatch content) => content switch
    {
        ContentMatch.Matches => "matches",
        ContentMatch.Differs => "differs",
        _ => "unknown",
    };

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    internal sealed record LayerSet(C2paPart C2pa, XmpPart Xmp, Tc260Part Tc260, WatermarkPart Watermark, LedgerPart Ledger);

    internal sealed record C2paPart(string State, string[] Codes);

    internal sealed record XmpPart(bool Present, string? DigitalSourceType);

    internal sealed record Tc260Part(bool Present);

    internal sealed record WatermarkPart(bool Found, string? Id, string? KeyId, double? FalsePositiveBound)
    {
        public static WatermarkPart From(WatermarkLayer layer) => layer.Found
            ? new WatermarkPart(true, layer.Id, layer.KeyId, layer.FalsePositiveBound)
            : new WatermarkPart(false, null, null, null);
    }

    internal sealed record LedgerPart(bool Found, string Content);
}
