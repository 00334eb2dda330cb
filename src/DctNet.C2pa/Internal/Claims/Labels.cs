namespace DctNet.C2pa.Internal.Claims;

/// <summary>Labels of C2PA 2.4, and of versions before it where they are still read.</summary>
internal static class Labels
{
    public const string Store = "c2pa";
    public const string AssertionStore = "c2pa.assertions";
    public const string ClaimV1 = "c2pa.claim";
    public const string ClaimV2 = "c2pa.claim.v2";
    public const string Signature = "c2pa.signature";

    public const string DataHash = "c2pa.hash.data";
    public const string BmffHash = "c2pa.hash.bmff.v3";
    public const string MultiAssetHash = "c2pa.hash.multi-asset";
    public const string Actions = "c2pa.actions.v2";
    public const string Ingredient = "c2pa.ingredient.v3";
    public const string SoftBinding = "c2pa.soft-binding";
    public const string AiDisclosure = "c2pa.ai-disclosure";

    private const string HashPrefix = "c2pa.hash.";
    private const string PartSuffix = ".part";
    private const string InstanceSeparator = "__";

    /// <summary>A label without the number that tells assertions of one kind apart.</summary>
    public static string Kind(string label) =>
        label.LastIndexOf(InstanceSeparator, StringComparison.Ordinal) is var at and > 0 ? label[..at] : label;

    /// <summary>True for the assertions that bind a manifest to the bytes of its file.</summary>
    public static bool IsHardBinding(string label) => label.StartsWith(HashPrefix, StringComparison.Ordinal);

    /// <summary>True for a hash of one of the parts that a multi-asset hash lists.</summary>
    public static bool IsPartHash(string label) => IsHardBinding(label) && Kind(label).EndsWith(PartSuffix, StringComparison.Ordinal);

    public static bool IsActions(string label) => Kind(label) is "c2pa.actions" or Actions;

    public static bool IsIngredient(string label) => Kind(label) is "c2pa.ingredient" or "c2pa.ingredient.v2" or Ingredient;
}
