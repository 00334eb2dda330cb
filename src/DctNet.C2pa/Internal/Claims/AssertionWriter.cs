using System.Formats.Cbor;
using System.Globalization;
using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Containers;
using DctNet.C2pa.Verification;

namespace DctNet.C2pa.Internal.Claims;

/// <summary>The assertions of C2PA 2.4 that are written here, as superboxes.</summary>
internal static class AssertionWriter
{
    public const string HashAlgorithm = "sha256";
    public const int HashBytes = 32;

    private const string HashName = "jumbf manifest";

    /// <summary>Lets the length of an exclusion's numbers vary without the assertion's varying: two numbers of up to 9 bytes.</summary>
    private const int DataHashSlack = 18;

    /// <param name="exclusion">The bytes that hold the store.</param>
    /// <param name="hash">Over all others.</param>
    /// <param name="padding">Bytes to add: 0 or 1.</param>
    public static byte[] DataHash(ByteRange exclusion, ReadOnlySpan<byte> hash, int padding)
    {
        var digest = hash.ToArray();
        return Assertion(Labels.DataHash, map =>
        {
            map.Array("exclusions", [exclusion], (array, range) => array.Map(item =>
            {
                item.Integer("start", range.Start);
                item.Integer("length", range.Length);
            }));
            map.Text("alg", HashAlgorithm);
            map.Bytes("hash", digest);
            map.Bytes("pad", new byte[DataHashSlack + padding - NumberBytes(exclusion.Start) - NumberBytes(exclusion.Length)]);
            map.Text("name", HashName);
        });
    }

    public static byte[] BmffHash(ReadOnlySpan<byte> hash)
    {
        var digest = hash.ToArray();
        return Assertion(Labels.BmffHash, map =>
        {
            map.Array("exclusions", ["/uuid", "/ftyp", "/mfra"], (array, path) => array.Map(item =>
            {
                item.Text("xpath", path);
                if (path == "/uuid")
                {
                    item.Array("data", [8L], (list, offset) => list.Map(data =>
                    {
                        data.Integer("offset", offset);
                        data.Bytes("value", BmffContainer.Uuid);
                    }));
                }
            }));
            map.Text("alg", HashAlgorithm);
            map.Bytes("hash", digest);
            map.Text("name", HashName);
        });
    }

    public static byte[] SoftBinding(SoftBinding binding) => Assertion(Labels.SoftBinding, map =>
    {
        map.Text("alg", binding.Algorithm);
        map.Array("blocks", [binding.Value], (array, value) => array.Map(block =>
        {
            block.Map("scope", _ => { });
            block.Bytes("value", value.Span);
        }));
    });

    public static byte[] AiDisclosure(AiDisclosure disclosure) => Assertion(Labels.AiDisclosure, map =>
    {
        map.Text("modelType", disclosure.ModelType);
        map.Text("modelName", disclosure.ModelName);
        map.Map("contentProfile", profile => profile.Text("humanOversightLevel", disclosure.Oversight switch
        {
            HumanOversight.FullyAutonomous => "fully_autonomous",
            HumanOversight.PromptGuided => "prompt_guided",
            _ => "human_validated",
        }));
    });

    public static byte[] Ingredient(SourceAsset source, string mediaType, CarriedManifests? carried) => Assertion(Labels.Ingredient, map =>
    {
        map.Text("relationship", source.Relationship == SourceRelationship.ParentOf ? "parentOf" : "inputTo");
        map.Text("dc:format", mediaType);
        map.Text("dc:title", source.Title);
        map.Text("instanceID", source.InstanceId);
        if (carried is null)
        {
            return;
        }

        map.WriteTextString("activeManifest");
        map.HashedUri(carried.ActiveManifest);
        map.WriteTextString("claimSignature");
        map.HashedUri(carried.ClaimSignature);
        map.Map("validationResults", results =>
        {
            Results(results, "activeManifest", carried.Report.Statuses.Where(status => !status.OfIngredient));
            if (carried.Report.Statuses.Any(status => status.OfIngredient))
            {
                results.Array("ingredientDeltas", carried.Report.Statuses.Where(status => status.OfIngredient).GroupBy(status => status.IngredientUrl), (array, delta) =>
                    array.Map(item =>
                    {
                        item.Text("ingredientAssertionURI", delta.Key);
                        Results(item, "validationDeltas", delta);
                    }));
            }
        });
    });

    public static byte[] Actions(
        ManifestDefinition definition, HashedUri? source, HashedUri? softBinding, IReadOnlyList<string> redacted)
    {
        var parent = definition.Source?.Relationship == SourceRelationship.ParentOf;
        return Assertion(Labels.Actions, map =>
        {
            map.WriteTextString("actions");
            map.WriteStartArray(null);
            if (parent)
            {
                Action(map, "c2pa.opened", null, "ingredients", source);
                Action(map, "c2pa.edited", definition.DigitalSourceType, null, null);
            }
            else
            {
                Action(map, "c2pa.created", definition.DigitalSourceType, "ingredients", source);
            }

            if (softBinding is not null)
            {
                Action(map, "c2pa.watermarked.bound", null, "relatedAssertions", softBinding);
            }

            foreach (var uri in redacted)
            {
                map.Map(action =>
                {
                    Common(action, "c2pa.redacted");
                    action.Text("reason", "c2pa.PII.present");
                    action.Map("parameters", parameters => parameters.Text("redacted", uri));
                });
            }

            map.WriteEndArray();
            map.WriteTextString("allActionsIncluded");
            map.WriteBoolean(true);
        });

        void Action(CborWriter map, string name, string? sourceType, string? parameter, HashedUri? reference) => map.Map(action =>
        {
            Common(action, name);
            action.Text("digitalSourceType", sourceType);
            if (parameter is not null && reference is not null)
            {
                action.Map("parameters", parameters => parameters.Array(parameter, [reference], (array, uri) => array.HashedUri(uri)));
            }
        });

        void Common(CborWriter action, string name)
        {
            action.Text("action", name);
            action.WriteTextString("when");
            action.WriteTag(CborTag.DateTimeString);
            action.WriteTextString(definition.When.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
            action.Map("softwareAgent", agent => Generator(agent, definition.Generator));
        }
    }

    public static byte[] Custom(CustomAssertion assertion) => assertion.IsJson
        ? JumbfWriter.Superbox(BoxTypes.Json, assertion.Label, [JumbfWriter.Box(BoxTypes.Json, [assertion.Content])])
        : JumbfWriter.Cbor(BoxTypes.Cbor, assertion.Label, assertion.Content);

    public static void Generator(CborWriter map, GeneratorInfo generator)
    {
        map.Text("name", generator.Name);
        map.Text("version", generator.Version);
    }

    private static byte[] Assertion(string label, Action<CborWriter> entries) =>
        JumbfWriter.Cbor(BoxTypes.Cbor, label, CborWriting.Encode(writer => writer.Map(entries)));

    private static void Results(CborWriter map, string key, IEnumerable<ValidationStatus> statuses)
    {
        var byKind = statuses.ToLookup(status => status.Kind);
        map.Map(key, results =>
        {
            List("success", StatusKind.Success);
            List("informational", StatusKind.Informational);
            List("failure", StatusKind.Failure);

            void List(string name, StatusKind kind) => results.Array(name, byKind[kind], (array, status) => array.Map(item =>
            {
                item.Text("code", status.Code);
                item.Text("url", status.Url);
                item.Text("explanation", kind == StatusKind.Success ? null : status.Explanation);
            }));
        });
    }

    private static int NumberBytes(long value) => value switch
    {
        < 24 => 1,
        <= byte.MaxValue => 2,
        <= ushort.MaxValue => 3,
        <= uint.MaxValue => 5,
        _ => 9,
    };
}
