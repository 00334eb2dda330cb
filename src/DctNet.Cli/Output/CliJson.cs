using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using DctNet.Evaluation;

namespace DctNet.Cli.Output;

/// <summary>The lines for scripts: camel case, nulls written, paths readable.</summary>
[JsonSerializable(typeof(VerifyLine))]
[JsonSerializable(typeof(StylesLine))]
[JsonSerializable(typeof(ErrorLine))]
[JsonSerializable(typeof(EmbedLine))]
[JsonSerializable(typeof(DetectLine))]
[JsonSerializable(typeof(Bench.StepResult))]
[JsonSerializable(typeof(ReportLine))]
[JsonSerializable(typeof(JournalLine))]
[JsonSerializable(typeof(AttackLine))]
[JsonSerializable(typeof(StyleScore))]
internal sealed partial class CliJson : JsonSerializerContext
{
    private static readonly CliJson s_lines = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter<PictureView>(JsonNamingPolicy.CamelCase) },
    });

    /// <summary>Null where it is none.</summary>
    public static JournalLine? ParseJournal(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, s_lines.JournalLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static string Line<T>(T value) => JsonSerializer.Serialize(value, (JsonTypeInfo<T>)s_lines.GetTypeInfo(typeof(T))!);
}
