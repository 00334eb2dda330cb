using System.Text.Json.Serialization;

namespace DctNet.Service.SoftBinding;

/// <summary>The messages of the Soft Binding Resolution API, and of problems (RFC 9457).</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    MaxDepth = 4)]
[JsonSerializable(typeof(BindingQuery))]
[JsonSerializable(typeof(QueryResult))]
[JsonSerializable(typeof(SupportedAlgorithms))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class SoftBindingJson : JsonSerializerContext;
