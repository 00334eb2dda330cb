using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DctNet.Core.Provenance;

/// <summary>
/// The implicit label of GB 45438-2025: one JSON object of strings, printable ASCII without spaces, in the XMP property
/// <c>TC260:AIGC</c>. The provider code is registered data and comes from configuration.
/// </summary>
public sealed record Tc260Label
{
    /// <summary>
    /// Characters of a provider code: <c>00</c>, <c>11</c>, an 18-character social credit code, a 5-character service extension.
    /// </summary>
    public const int ProviderCodeLength = 27;

    /// <summary>Keyword of a PNG text that holds the label where XMP does not.</summary>
    internal const string PngKeyword = "AIGC";

    private static readonly SearchValues<char> s_codeCharacters = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private Tc260Label(string providerCode, string produceId) => (ProviderCode, ProduceId) = (providerCode, produceId);

    public string ProviderCode { get; }

    /// <summary>The producer's number of this picture: the watermark id.</summary>
    public string ProduceId { get; }

    /// <summary>Checks both parts; a provider code of the wrong shape is refused rather than written.</summary>
    public static Outcome<Tc260Label> Create(string providerCode, string produceId)
    {
        ArgumentNullException.ThrowIfNull(providerCode);
        ArgumentNullException.ThrowIfNull(produceId);
        if (CheckProviderCode(providerCode) is { } failure)
        {
            return failure;
        }

        return IsPlain(produceId)
            ? new Tc260Label(providerCode, produceId)
            : new Failure(FailureCode.InvalidOption, "A TC260 ProduceID is 1..128 characters of 0x21..0x7E without quote and backslash.");
    }

    /// <summary>Null when the code has the registered shape; for validating options on start.</summary>
    public static Failure? CheckProviderCode(string providerCode)
    {
        ArgumentNullException.ThrowIfNull(providerCode);
        var right = providerCode.Length == ProviderCodeLength
            && providerCode.StartsWith("0011", StringComparison.Ordinal)
            && !providerCode.AsSpan().ContainsAnyExcept(s_codeCharacters);
        return right
            ? null
            : new Failure(
                FailureCode.InvalidOption,
                "A TC260 provider code is 27 digits and capital letters: 00, 11, the 18-character social credit code and a 5-character " +
                "extension.");
    }

    /// <summary>The JSON as written: <c>Label</c> "1" (AI-generated), empty propagator and reserved fields.</summary>
    public string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, s_options))
        {
            json.WriteStartObject();
            json.WriteString("Label", "1");
            json.WriteString("ContentProducer", ProviderCode);
            json.WriteString("ProduceID", ProduceId);
            json.WriteString("ReservedCode1", "");
            json.WriteString("ContentPropagator", "");
            json.WriteString("PropagateID", "");
            json.WriteString("ReservedCode2", "");
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static bool IsPlain(string value) =>
        value.Length is > 0 and <= 128
        && !value.AsSpan().ContainsAnyExceptInRange('\x21', '\x7E')
        && !value.AsSpan().ContainsAny('"', '\\');
}
