using System.Text.Json.Serialization;

namespace DctNet.ModelTools;

/// <summary>Strict, so that a misspelt key is not ignored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true)]
[JsonSerializable(typeof(SourcesDocument))]
[JsonSerializable(typeof(Dictionary<string, Pin>))]
internal sealed partial class ModelToolsJson : JsonSerializerContext;
