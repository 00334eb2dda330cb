namespace DctNet.Evaluation;

/// <summary>Which promise an attack belongs to.</summary>
public enum AttackGroup
{
    /// <summary>What people do every day.</summary>
    Core,

    /// <summary>Harder and rarer.</summary>
    Further,
}
