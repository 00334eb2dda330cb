namespace DctNet.C2pa.Internal.Claims;

/// <summary>References between boxes: <c>self#jumbf=/c2pa/MANIFEST/...</c>, or without the first two parts inside one manifest.</summary>
internal static class JumbfUri
{
    private const string Prefix = "self#jumbf=";

    public static string ToManifest(string manifest) => $"{Prefix}/{Labels.Store}/{manifest}";

    public static string ToSignature(string manifest) => $"{ToManifest(manifest)}/{Labels.Signature}";

    public static string ToAssertion(string manifest, string assertion) => $"{ToManifest(manifest)}/{Labels.AssertionStore}/{assertion}";

    /// <summary>An assertion of the same manifest.</summary>
    public static string ToOwnAssertion(string assertion) => $"{Prefix}{Labels.AssertionStore}/{assertion}";

    /// <summary>
    /// The manifest of a reference, and the path in it. A reference without a manifest means <paramref name="manifest"/>. Null where it is
    /// no reference into this store.
    /// </summary>
    public static (string Manifest, string Path)? Resolve(string? uri, string manifest)
    {
        if (uri is null || !uri.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var path = uri[Prefix.Length..];
        if (!path.StartsWith('/'))
        {
            return (manifest, path);
        }

        var parts = path.Split('/', 4);
        return parts.Length >= 3 && parts[1] == Labels.Store ? (parts[2], parts.Length == 4 ? parts[3] : "") : null;
    }

    /// <summary>The label of an assertion of <paramref name="manifest"/>, or null where the reference is to something else.</summary>
    public static string? OwnAssertion(string? uri, string manifest) =>
        Resolve(uri, manifest) is { } target
        && target.Manifest == manifest
        && target.Path.Split('/') is [Labels.AssertionStore, { Length: > 0 } label]
            ? label
            : null;
}
