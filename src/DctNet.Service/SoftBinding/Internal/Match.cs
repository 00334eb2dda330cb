namespace DctNet.Service.SoftBinding;

/// <summary>A manifest that matches.</summary>
/// <param name="ManifestId">URN to ask <c>/manifests</c> by.</param>
internal sealed record Match(string ManifestId);
