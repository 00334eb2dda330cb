namespace DctNet.C2pa;

/// <summary>The software that makes a claim or takes an action.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
public sealed record GeneratorInfo(string Name, string Version);
